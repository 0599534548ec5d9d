<?php
function mint(string $secret, string $localpart, string $host, int $ttl, int $now): array
{
    if (!preg_match('~^[^\p{C}\p{Z}\p{Lu}\p{Lt}\p{So}"&\'/:<>@\\\\]+$~Du', $localpart)
        || class_exists('Normalizer') && !Normalizer::isNormalized($localpart, Normalizer::FORM_KC)) {
        throw new InvalidArgumentException('not a localpart as servers compare them: lower case, no spaces, none of \"&\'/:<>@');
    }
    [$jid, $expires] = ["$localpart@$host", $now + $ttl];
    $username = "$expires:$jid";
    $mac = base64_encode(hash_hmac('sha1', $username, $secret, true));
    $sipAndTurn = ['username' => $username, 'password' => $mac];
    $xmpp = ['jid' => $jid, 'username' => $localpart, 'password' => "$expires:$mac"];
    return [...$xmpp, 'ttl' => $ttl, 'expires' => $expires, 'sip' => $sipAndTurn, 'turn' => $sipAndTurn];
}
