#!/usr/bin/perl
# What an admin would write: checks a password <expiry>:<mac> of auth requests, and nothing else.
use strict;
use warnings;
use Digest::SHA qw(hmac_sha1_base64);

my $secret = $ENV{MAYFLY_SECRET};
binmode STDIN;
binmode STDOUT;
$| = 1;

sub is_good {
    my ($op, $user, $host, $password) = split /:/, shift, 4;
    return 0 unless $op eq 'auth' && defined $password;
    my ($expiry, $mac) = split /:/, $password, 2;
    return 0 unless defined $mac && $expiry =~ /^[0-9]+$/ && $expiry >= time;
    my $expected = hmac_sha1_base64("$expiry:$user\@$host", $secret) . '=';
    return 0 unless length $mac == length $expected;
    my $differences = 0;
    $differences |= ord(substr $mac, $_, 1) ^ ord(substr $expected, $_, 1) for 0 .. length($mac) - 1;
    return $differences == 0;
}

while (read(STDIN, my $header, 2) == 2) {
    read(STDIN, my $request, unpack('n', $header));
    print pack('nn', 2, is_good($request) ? 1 : 0);
}
