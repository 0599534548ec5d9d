import sys
from mint import mint

for line in sys.stdin:
    *texts, ttl, now = line.split()
    secret, localpart, host = (bytes.fromhex(it).decode() for it in texts)
    try:
        made = mint(secret, localpart, host, int(ttl), int(now))
        said = [made["username"], made["password"], made["sip"]["username"], made["turn"]["password"]]
        print("\t".join([*said, str(made["expires"]), made["jid"]]))
    except ValueError:
        print("refused")
