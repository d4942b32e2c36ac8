module plinth.local/registry-door

go 1.26.0

require golang.org/x/crypto v0.56.0
