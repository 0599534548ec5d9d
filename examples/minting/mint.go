package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
)

// Credential is what one key makes for XMPP (Username, Password), and for SIP and TURN (SIPUsername, SIPPassword).
type Credential struct {
	JID, Username, Password  string
	SIPUsername, SIPPassword string
	TTL, Expires             int64
}

var localparts = regexp.MustCompile(`^[^\p{C}\p{Z}\p{Lu}\p{Lt}\p{So}"&'/:<>@\\]+$`)

func Mint(secret, localpart, host string, ttl, now int64) (Credential, error) {
	if !localparts.MatchString(localpart) {
		return Credential{}, errors.New(`not a localpart as servers compare them: lower case, no spaces, none of \"&'/:<>@`)
	}
	jid, expires := localpart+"@"+host, now+ttl
	username := fmt.Sprintf("%d:%s", expires, jid)
	hash := hmac.New(sha1.New, []byte(secret))
	hash.Write([]byte(username))
	mac := base64.StdEncoding.EncodeToString(hash.Sum(nil))
	return Credential{jid, localpart, fmt.Sprintf("%d:%s", expires, mac), username, mac, ttl, expires}, nil
}
