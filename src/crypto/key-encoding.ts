/** The bytes that stand before a raw 32-byte key in PKCS #8 and SubjectPublicKeyInfo (RFC 8410): all that platforms want besides. */
const bytes = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

export const DER = {
  ed25519Private: bytes('302e020100300506032b657004220420'),
  ed25519Public: bytes('302a300506032b6570032100'),
  x25519Private: bytes('302e020100300506032b656e04220420'),
  x25519Public: bytes('302a300506032b656e032100'),
} as const;
