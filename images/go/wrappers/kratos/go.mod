module plinth.local/kratos

go 1.26.0

require github.com/ory/kratos v1.3.1

// Kratos' own, which do not reach a module that requires it. Without its client, whose published version fits.
replace (
	github.com/gobuffalo/pop/v6 => github.com/ory/pop/v6 v6.2.0
	github.com/gorilla/sessions => github.com/ory/sessions v1.2.2-0.20220110165800-b09c17334dc2
	github.com/mattn/go-sqlite3 => github.com/mattn/go-sqlite3 v1.14.22
)
