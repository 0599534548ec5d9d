<?php
require $argv[1];
while (($line = fgets(STDIN)) !== false) {
    [$secret, $localpart, $host, $ttl, $now] = explode(' ', trim($line));
    try {
        $made = mint(hex2bin($secret), hex2bin($localpart), hex2bin($host), (int) $ttl, (int) $now);
        $said = [$made['username'], $made['password'], $made['sip']['username'], $made['turn']['password']];
        echo implode("\t", [...$said, $made['expires'], $made['jid']]), "\n";
    } catch (InvalidArgumentException) {
        echo "refused\n";
    }
}
