/** How the media of a call goes. */
export interface Route {
  /** The types of the two ends, such as `relay` (RFC 8445 section 5.1.1). */
  local: string;
  remote: string;
  /** Bytes of sound so far. */
  sent: number;
  received: number;
}

/** How the media of a call goes now; nothing while there is no way. */
export async function routeOf(peer: RTCPeerConnection): Promise<Route | undefined> {
  const reports = new Map<string, Record<string, string & number>>(await peer.getStats());
  const all = [...reports.values()];
  const transport = all.find(({ type }) => type === "transport");
  const pair = reports.get(transport?.selectedCandidatePairId ?? "");
  if (!pair) return undefined;
  const sum = (type: string, member: string) =>
    all
      .filter((report) => report.type === type)
      .reduce((bytes, report) => bytes + (report[member] ?? 0), 0);
  return {
    local: reports.get(pair.localCandidateId ?? "")?.candidateType ?? "",
    remote: reports.get(pair.remoteCandidateId ?? "")?.candidateType ?? "",
    sent: sum("outbound-rtp", "bytesSent"),
    received: sum("inbound-rtp", "bytesReceived"),
  };
}
