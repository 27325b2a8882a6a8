// An authority and its certificates, made with `openssl` by the steps of docs/operations.md.

import { execFileSync } from 'node:child_process';
import { appendFileSync, copyFileSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** @param {string[]} words */
function openssl(...words) {
  execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

export class Authority {
  /** @param {string} folder  Where all its files are. @param {string} name */
  constructor(folder, name = 'authority') {
    this.folder = folder;
    this.name = name;
    this.key = join(folder, `${name}.key`);
    this.certificate = join(folder, `${name}.pem`);
    openssl('req', '-x509', ...KEY, '-days', '3650', '-subj', `/CN=${name}`, '-keyout', this.key, '-out', this.certificate);
  }

  /**
   * Makes a certificate and its key. Files of that name are replaced, each at once.
   * @param {string} name
   * @param {{subject?: string, hosts?: string, days?: number}} [options]
   */
  issue(name, { subject = name, hosts = 'IP:127.0.0.1', days = 90 } = {}) {
    const at = (/** @type {string} */ end) => join(this.folder, name + end);
    openssl('req', ...KEY, '-subj', `/CN=${subject}`, '-addext', `subjectAltName=${hosts}`, '-addext', 'extendedKeyUsage=serverAuth,clientAuth',
            '-keyout', at('.key.new'), '-out', at('.csr'));
    openssl('x509', '-req', '-in', at('.csr'), '-CA', this.certificate, '-CAkey', this.key, '-copy_extensions', 'copy', '-days', String(days),
            '-out', at('.pem.new'));
    for (const end of ['.key', '.pem']) renameSync(at(`${end}.new`), at(end));
    return { certificate: at('.pem'), key: at('.key') };
  }

  /**
   * The same, and what `troupe serve` is told about it. The node has a file of authorities of its own.
   * @param {string} name
   * @param {Parameters<Authority['issue']>[1]} [options]
   * @returns {import('./node.mjs').Flags}
   */
  flags(name, options) {
    const { certificate, key } = this.issue(name, options);
    const authorities = join(this.folder, `${name}.authorities.pem`);
    copyFileSync(this.certificate, authorities);
    return { 'cluster-tls-certificate': certificate, 'cluster-tls-key': key, 'cluster-tls-authority': authorities, 'cluster-tls-check-interval': '100ms' };
  }

  /** From now on whoever believes the authorities in this file believes this one, too. @param {string} file */
  joinTo(file) {
    appendFileSync(file, readFileSync(this.certificate));
  }
}
