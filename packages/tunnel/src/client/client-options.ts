/** `all`: everything. `assigned`: what the server offers. Else the networks that are listed. */
export type TunnelRoutes = 'all' | 'assigned' | readonly string[];
