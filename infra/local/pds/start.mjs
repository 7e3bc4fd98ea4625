// A real Bluesky PDS with its own DID registry, on loopback: node start.mjs <pds port> <registry port> <data folder>
// Prints one JSON line when accounts are ready, and keeps nothing between runs.
import { mkdir, rm } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'

// The development servers listen on every interface; nothing here is meant for the network.
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (first, ...rest) {
  if (typeof first === 'number') return listen.call(this, { port: first, host: '127.0.0.1' }, ...rest)
  return listen.call(this, { ...first, host: '127.0.0.1' }, ...rest)
}

const { TestNetworkNoAppView } = await import('@atproto/dev-env')
const [port, registryPort, folder] = [Number(process.argv[2]), Number(process.argv[3]), process.argv[4]]
const data = { dataDirectory: path.join(folder, 'accounts'), blobstoreDiskLocation: path.join(folder, 'blobs') }
await rm(folder, { recursive: true, force: true })
await Promise.all(Object.values(data).map((each) => mkdir(each, { recursive: true })))

// As bsky.social does, a session's answer says where the account lives.
const pds = { port, hostname: 'localhost', enableDidDocWithSession: true, ...data }
const network = await TestNetworkNoAppView.create({ plc: { port: registryPort }, pds })
const url = `http://localhost:${port}`

async function call(method, body, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
  const answer = await fetch(`${url}/xrpc/com.atproto.server.${method}`, { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${method}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

async function account(handle) {
  const name = handle.split('.')[0]
  const made = await call('createAccount', { handle, email: `${name}@example.com`, password: `${name}-of-this-machine` })
  const { password } = await call('createAppPassword', { name: 'lamplighter' }, made.accessJwt)
  return { identifier: handle, app_password: password, did: made.did }
}

const alice = await account('alice.test')
const bob = await account('bob.test')
console.log(JSON.stringify({ url, ...alice, friend: bob.identifier, friend_did: bob.did }))

async function stop() {
  await network.close()
  process.exit(0)
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
process.stdin.on('end', stop).resume() // whoever started it holds the other end
