// What the cases work with: one carrier, and how to bind to it.
import { VCLConnection } from '../../../packages/vcl-protocol/dist/index.js';
import { makeCertificate } from '../../lib/carriers/certificate.mjs';
import { ProxyServer } from '../../lib/carriers/proxies.mjs';
import { bindOptions } from './carriers.mjs';
import { Scene } from './scene.mjs';

/** What all carriers need around them: a certificate, and proxies of this machine. */
export class Surroundings {
  #certificate;
  #http;
  #socks;

  static async open() {
    const surroundings = new Surroundings();
    surroundings.#certificate = await makeCertificate();
    surroundings.#http = await ProxyServer.http();
    surroundings.#socks = await ProxyServer.socks();
    return surroundings;
  }

  /** As `bindOptions` takes it, and as another process can be told it. */
  get portable() {
    const proxies = { http: this.#http.port, socks5: this.#socks.port };
    return { certificate: this.#certificate, proxies };
  }

  /** Connections that the proxy of a carrier has let through so far. */
  passed({ proxy }) {
    return proxy === 'http' ? this.#http.passed : this.#socks.passed;
  }

  close() {
    this.#http.close();
    this.#socks.close();
  }
}

/** The tools of the cases of one carrier. */
export class Tools {
  carrier;
  #surroundings;

  constructor(carrier, surroundings) {
    this.carrier = carrier;
    this.#surroundings = surroundings;
  }

  get portable() {
    return this.#surroundings.portable;
  }

  /** A client of a server that is elsewhere. */
  bindClient = async (options = {}) => {
    const usual = bindOptions(this.carrier, this.portable);
    return await VCLConnection.bind('127.0.0.1:0', { ...usual, ...options });
  };

  /** Runs `action` with a scene that is closed afterwards. @returns what the action gives */
  async withScene(options, action) {
    const before = this.#surroundings.passed(this.carrier);
    const scene = await Scene.open(this.carrier, this.portable, options);
    try {
      const outcome = await action(scene);
      const isBypassed = this.carrier.proxy && this.#surroundings.passed(this.carrier) === before;
      if (isBypassed) outcome.problems.push('nothing went through the proxy');
      return outcome;
    } finally {
      await scene.close();
    }
  }
}
