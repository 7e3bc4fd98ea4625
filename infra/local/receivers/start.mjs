// Runs the libraries that receivers use. Reads a JSON array from its standard input: {library, secret} and either
// {headers, body} to be verified, the body in base64, or {id, timestamp, body} to be signed.
// Writes what each came to: {payload}, {signature} or {error}.
import { text } from 'node:stream/consumers'
import * as standardwebhooks from 'standardwebhooks'
import * as svix from 'svix'

const libraries = { standardwebhooks, svix }
const done = ({ library, secret, headers, id, timestamp, body }) => {
  const webhook = new libraries[library].Webhook(secret)
  const bytes = Buffer.from(body, 'base64')
  if (!headers) return { signature: webhook.sign(id, new Date(timestamp * 1000), bytes.toString()) }
  try {
    return { payload: webhook.verify(bytes, headers) ?? JSON.parse(bytes) } // svix only says that it may be read
  } catch (error) {
    return { error: error.message }
  }
}
console.log(JSON.stringify(JSON.parse(await text(process.stdin)).map(done)))
