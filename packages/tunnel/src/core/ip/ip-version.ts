/** The versions of IP. */
export const IpVersion = { V4: 4, V6: 6 } as const;
/** A version of IP, as the number in its header. */
export type IpVersion = (typeof IpVersion)[keyof typeof IpVersion];
