import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.text.Normalizer;
import java.util.Base64;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** What one key makes for XMPP (username, password), and for SIP and TURN (sipUsername, sipPassword). */
record Mint(String jid, String username, String password, String sipUsername, String sipPassword, long ttl, long expires) {
  static Mint mint(String secret, String localpart, String host, long ttl, long now) throws GeneralSecurityException {
    var folded = nfkc(localpart).toLowerCase(Locale.ROOT).replace("ß", "ss").replace("ς", "σ");
    if (!localpart.equals(nfkc(folded)) || !localpart.matches("[^\\p{C}\\p{Z}\\p{So}\"&'/:<>@\\\\]+")) {
      throw new IllegalArgumentException("not a localpart as servers compare them: lower case, no spaces, none of \\\"&'/:<>@");
    }
    var jid = localpart + "@" + host;
    var expires = now + ttl;
    var username = expires + ":" + jid;
    var hmac = Mac.getInstance("HmacSHA1");
    hmac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA1"));
    var mac = Base64.getEncoder().encodeToString(hmac.doFinal(username.getBytes(UTF_8)));
    return new Mint(jid, localpart, expires + ":" + mac, username, mac, ttl, expires);
  }

  private static String nfkc(String text) {
    return Normalizer.normalize(text, Normalizer.Form.NFKC);
  }
}
