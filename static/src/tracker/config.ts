/** What the collector writes into the script for one site, in place of the literal below. */
export interface Config {
  site: string;
  endpoint: string;
  /** Count address changes without a page load (history API). */
  spa?: boolean;
  /** The part after # is part of the address. */
  hash?: boolean;
  outbound?: boolean;
  downloads?: boolean;
  forms?: boolean;
  notFound?: boolean;
  scroll?: boolean;
  vitals?: boolean;
  /** Send nothing for people whose browser says Global Privacy Control or Do Not Track. */
  gpc?: boolean;
  /** The page loads the script only after the person agreed: set the visitor cookie at once. */
  consent?: boolean;
  /** Hosts that belong to this site; their sub-domains belong to it too. */
  domains: string[];
  /** Mark events as a test, and count automated browsers. */
  test?: boolean;
}

declare const __MAINSTAY_CONFIG__: Config;

export const config = __MAINSTAY_CONFIG__;
