trap 'exit 0' TERM
while true; do
  echo "at work"
  sleep "$PAUSE" &
  wait $!
done
