#!/bin/sh
# ssh's way to an instance: its key is taken for 60 seconds, then the session manager carries the connection.
set -eu
instance=$1 port=$2 user=$3
aws ec2-instance-connect send-ssh-public-key --instance-id "$instance" --instance-os-user "$user" \
  --ssh-public-key "file://$PLINTH_SESSION_KEY" >&2
exec aws ssm start-session --target "$instance" --document-name AWS-StartSSHSession \
  --parameters "portNumber=$port"
