. "$1"
text() { printf '%bx' "$(printf %s "$1" | sed 's/../\\x&/g')"; } # the x keeps line ends at the end
while read -r secret localpart host ttl now; do
  secret=$(text "$secret") localpart=$(text "$localpart") host=$(text "$host")
  if said=$(mint "${secret%x}" "${localpart%x}" "${host%x}" "$ttl" "$now" 2>/dev/null); then
    printf '%s\n' "$said" | tr ' \n' '\t\t'
    printf '%s\t%s\n' "$((now + ttl))" "${localpart%x}@${host%x}"
  else
    echo refused
  fi
done
