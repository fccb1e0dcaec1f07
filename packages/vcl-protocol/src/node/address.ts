export {
  formatAddress,
  type HostPort,
  parseAddress,
} from '../carrier-address.js';
