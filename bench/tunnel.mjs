// `npm run bench -- tunnel`: VCL's VPN beside wireguard-go and OpenVPN. Needs root.
export { OPTIONS, run } from './tunnel/suite.mjs';
