/** Hex SHA-256. */
export async function sha256(content: Blob | Uint8Array): Promise<string> {
  const bytes = content instanceof Blob ? await content.arrayBuffer() : content;
  const digest = await crypto.subtle.digest('SHA-256', bytes as BufferSource);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
