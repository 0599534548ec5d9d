import type { Hash } from "../../../src/credential/index.ts";

/** A signed username that other implementations agree on. */
export interface Vector {
  secret: string;
  hash: Hash;
  username: string;
  mac: string;
}

const mojoAuthRb =
  "XyD+xeJHivzbOUe3vwdU6Z5vDe/vio34MxKX8HYViR0+p4t/NzaIpbK+9VwX\n5qHCj7m4f7UNRXgOJPXzn6MT0Q==\n";

const sha1: [secret: string, username: string, mac: string][] = [
  ["north", "1893456000:alice", "MME/7rvfb/gOjpkB59+7AxlCLvk="],
  ["north", "1893456000", "sqdTDrNuKKg7b57nGt21S56Eu5s="],
  ["north", "1893456000:", "b+o9ms3j6YvX4b0c+3+Yr9X6uLA="],
  ["north", "1893456000:alice:bob", "UFBtlACghq5I3jhpIpmYfGt29Bc="],
  ["north", "1893456000:alice@example.test", "x4Zzy4m6jLWqdLynZsDPKozh9TA="],
  ["north", "1893456000:@alice:example.test", "bQyTpaLRoGVi1FwmJ84JRig3xso="],
  ["north", "1893456000:ålice", "isun0HBCHgEFrQhXsXMEPaZ9BSk="],
  ["north", "1:alice", "sO0S85KVwfqrCA0E/byiPHXgqMQ="],
  // README of mojoauth.erl and mojo-auth.ex
  [
    "eN1lvHK7cXPYFNwmEwZ3QNMAiCC651E5ikuEOj7+k4EMYTXb3XxXo3iBw4ScxqzJ+aH6aDCCe++LPVGRjgfl3Q==",
    "1412629132:foobar",
    "Q1RegXu0oYtm1UYqxRkegilugeM=",
  ],
  // README of mojo-auth.js
  [
    "27058c65ab05794cdec23abb2ad49f402e011d1ff56b61d4a4c37032ced2d94df6cff260c4fee814d1f9ea35fa7a2962332f0b2c5415e753b329c328a62c86f8",
    "1413151933064:foobar",
    "lvpE3AcLea5Io4mj8xT/eMlvw9k=",
  ],
  // README of mojo-auth.rb and mojoauth.go; both newlines belong to the secret
  [mojoAuthRb, "1411837760:foobar", "wb6KxLj6NXcUaqNb1SlHH1V3QHw="],
  [mojoAuthRb.slice(0, -1), "1411837760:foobar", "VkMORN26suK/YqfnPYZBuBKxT/I="],
  [mojoAuthRb.replaceAll("\n", ""), "1411837760:foobar", "Onmy2UQaWdqBLsXPBbU9rFJiKxc="],
];

const sha2: [hash: Hash, mac: string][] = [
  ["sha256", "6rRxN1t/MtBZJaGTXy4fG+SuzTOSjkcaxKMlNMbjuaU="],
  ["sha384", "/7p+Yf9qdphyugnN7rEvkkw4FZj/V1nL6cJ1rlZNTcB77EKSQyPiX9eiSVDUUcbq"],
  [
    "sha512",
    "cA7MPcrPlN2KXt3nLgkOioU8YiM5ZUbOSWqS0l7aZt/2+dexLTJCEr0kolWbam1z+wXJb5wbIZ+5i8YcGCQmlQ==",
  ],
];

/** What MojoAuth libraries, Python's hmac, openssl and Node were seen to agree on. */
export const vectors: Vector[] = [
  ...sha1.map(([secret, username, mac]) => ({ secret, hash: "sha1" as const, username, mac })),
  ...sha2.map(([hash, mac]) => ({ secret: "north", hash, username: "1893456000:alice", mac })),
];
