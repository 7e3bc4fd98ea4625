// A real OpenID Connect provider on loopback, with its own login pages: node start.mjs <port> <redirect uri>
// Prints one JSON line when it is ready, and keeps nothing between runs. Any login name signs in.
import { randomBytes } from 'node:crypto'
import { Provider } from 'oidc-provider'

const [port, redirectUri] = [Number(process.argv[2]), process.argv[3]]
const issuer = `http://127.0.0.1:${port}`
const client = { client_id: 'lamplighter', client_secret: randomBytes(24).toString('base64url') }

const provider = new Provider(issuer, {
  clients: [{ ...client, redirect_uris: [redirectUri], grant_types: ['authorization_code'], response_types: ['code'] }],
  cookies: { keys: [randomBytes(32).toString('hex')] },
  pkce: { required: () => true },
  conformIdTokenClaims: false, // e-mail and name stand in the id token itself
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  async findAccount(_context, id) {
    const verified = !id.startsWith('unproven')
    return { accountId: id, claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: verified, name: `Person ${id}` }) }
  },
})

const server = provider.listen(port, '127.0.0.1', () => {
  console.log(JSON.stringify({ issuer, ...client, redirect_uri: redirectUri }))
})
process.stdin.on('end', () => server.close(() => process.exit(0))).resume() // whoever started it holds the other end
