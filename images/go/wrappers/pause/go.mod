module plinth.local/pause

go 1.26.0
