/** Logins of our own, by an address's mechanism. */
import { KafkaUnusable } from "../errors.ts";
import type { KafkaAddress } from "../source.ts";
import { bearerExchange } from "./bearer.ts";
import type { SaslLogin } from "./exchange.ts";
import { kerberosExchange } from "./gssapi.ts";
import { mskToken } from "./msk_iam.ts";
import { OAuthTokens } from "./oauth_tokens.ts";

/** One token serves every connection of a source. */
const tokensOf = new WeakMap<KafkaAddress, OAuthTokens>();

const MSK_SUSPECTS = "aws_access_key_id, aws_secret_access_key, aws_region, and the policy of the IAM identity";

export type OwnMechanism = Extract<KafkaAddress["mechanism"], "OAUTHBEARER" | "AWS_MSK_IAM" | "GSSAPI">;

/** `authority`: PEM of a certificate authority that a token endpoint may have too; empty = none. */
export function loginOf(address: KafkaAddress, mechanism: OwnMechanism, authority: string): SaslLogin {
  const { oauth, aws, kerberos } = address;
  if (mechanism === "AWS_MSK_IAM" && aws) {
    return { mechanism: "OAUTHBEARER", exchange: bearerExchange(() => mskToken(aws, new Date()), {}, MSK_SUSPECTS) };
  }
  if (mechanism === "OAUTHBEARER" && oauth) {
    let tokens = tokensOf.get(address);
    if (!tokens) tokensOf.set(address, tokens = new OAuthTokens(oauth, authority));
    const own = tokens;
    return { mechanism, exchange: bearerExchange(() => own.token(), oauth.extensions) };
  }
  if (mechanism === "GSSAPI" && kerberos) return { mechanism, exchange: kerberosExchange(kerberos) };
  throw new KafkaUnusable(`mechanism ${mechanism} lacks its credentials: give them in connection_params`);
}
