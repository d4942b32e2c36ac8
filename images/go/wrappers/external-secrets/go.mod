module plinth.local/external-secrets

go 1.26.0

// Only for the checksum of its definitions in images/lock.yaml. It is not built: it replaces its own modules by folders, which the module proxy does not have.
require github.com/external-secrets/external-secrets v1.3.2
