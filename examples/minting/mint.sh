# mint SECRET LOCALPART HOST TTL NOW prints a line each: what XMPP takes, and what SIP and TURN take.
# While openssl runs, other users of the machine see its arguments and so the secret: not for a shared machine.
mint() (
  LC_ALL=C
  case $2 in "" | *[[:cntrl:][:upper:]\ \"\&\'/:\<\>@\\]*)
    echo "not a localpart as servers compare them: lower case, no spaces, none of \\\"&'/:<>@" >&2
    return 1 ;;
  esac
  expires=$(($5 + $4)) username="$(($5 + $4)):$2@$3"
  mac=$(printf %s "$username" | openssl dgst -sha1 -hmac "$1" -binary | base64)
  printf '%s %s\n' "$2" "$expires:$mac" "$username" "$mac"
)
