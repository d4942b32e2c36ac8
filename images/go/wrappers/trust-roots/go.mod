module plinth.local/trust-roots

go 1.26.0
