#!/bin/sh
# Starts nginx with the address and the certificates that the edge to accounts gives, and reloads it after a renewal of these.
# PORT: port of the pages, default 8080. TMPDIR: the folder that can be written, default /tmp.
set -eu

: "${ACCOUNTS_ADDRESS:?is not set: write uses: [{ kind: 'app', app: 'accounts', port: 'grpc' }] in app.ts}"
: "${ACCOUNTS_IDENTITY_DIR:?is not set: write uses: [{ kind: 'app', app: 'accounts', port: 'grpc' }] in app.ts}"

app=$(cd "$(dirname "$0")/.." && pwd)
work=${TMPDIR:-/tmp}

sed -e "s|APP_FOLDER|$app|" -e "s|APP_PORT|${PORT:-8080}|" -e "s|WORK_FOLDER|$work|" \
  -e "s|ACCOUNTS_ADDRESS|$ACCOUNTS_ADDRESS|" -e "s|ACCOUNTS_HOST|${ACCOUNTS_ADDRESS%:*}|" \
  -e "s|ACCOUNTS_IDENTITY_DIR|$ACCOUNTS_IDENTITY_DIR|" "$app/nginx/nginx.conf" >"$work/nginx.conf"

certificates() {
  cat "$ACCOUNTS_IDENTITY_DIR/tls.crt" "$ACCOUNTS_IDENTITY_DIR/roots.pem" | sha256sum
}

# nginx reads files once, and no program of the image reports a changed file: they are compared every 20 s.
reload_after_renewal() {
  read=$(certificates)
  while sleep 20; do
    now=$(certificates)
    if [ "$now" != "$read" ] && nginx -e stderr -c "$work/nginx.conf" -s reload; then read=$now; fi
  done
}

reload_after_renewal &
exec nginx -e stderr -c "$work/nginx.conf" -g 'daemon off;'
