#!/bin/sh
# Starts nginx with the addresses and the certificates that the edges to accounts and orders give, and reloads it after a renewal of
# these. PORT: port of the pages, default 8080. TMPDIR: the folder that can be written, default /tmp.
set -eu

: "${ACCOUNTS_ADDRESS:?is not set: write uses: [{ kind: 'app', app: 'accounts', port: 'grpc' }] in app.ts}"
: "${ACCOUNTS_IDENTITY_DIR:?is not set: write uses: [{ kind: 'app', app: 'accounts', port: 'grpc' }] in app.ts}"
: "${ORDERS_ADDRESS:?is not set: write uses: [{ kind: 'app', app: 'orders', port: 'grpc' }] in app.ts}"
: "${ORDERS_IDENTITY_DIR:?is not set: write uses: [{ kind: 'app', app: 'orders', port: 'grpc' }] in app.ts}"

app=$(cd "$(dirname "$0")/.." && pwd)
work=${TMPDIR:-/tmp}

sed -e "s|APP_FOLDER|$app|" -e "s|APP_PORT|${PORT:-8080}|" -e "s|WORK_FOLDER|$work|" \
  -e "s|ACCOUNTS_ADDRESS|$ACCOUNTS_ADDRESS|" -e "s|ACCOUNTS_HOST|${ACCOUNTS_ADDRESS%:*}|" \
  -e "s|ACCOUNTS_IDENTITY_DIR|$ACCOUNTS_IDENTITY_DIR|" -e "s|ORDERS_ADDRESS|$ORDERS_ADDRESS|" \
  -e "s|ORDERS_HOST|${ORDERS_ADDRESS%:*}|" -e "s|ORDERS_IDENTITY_DIR|$ORDERS_IDENTITY_DIR|" \
  "$app/nginx/nginx.conf" >"$work/nginx.conf"

certificates() {
  for folder in "$ACCOUNTS_IDENTITY_DIR" "$ORDERS_IDENTITY_DIR"; do
    cat "$folder/tls.crt" "$folder/roots.pem"
  done | sha256sum
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
