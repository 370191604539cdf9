'use strict'
// WhatsApp webhooks with Node.js, Fastify and Redis, written as well as such
// code can be: one process for each worker, raw body for the MAC, one script
// for all that a message writes, and ioredis gathering the calls of one turn
// of the event loop into one pipeline. 200 leaves after Redis has answered,
// which is after its fsync.
//
// node server.js PORT WORKERS REDIS_SOCKET SECRET_FILE SCRIPT_FILE

const cluster = require('node:cluster')
const crypto = require('node:crypto')
const fs = require('node:fs')

const DEDUPE_S = 11 * 86400
const WINDOW_S = 24 * 3600

const [port, workers, socket, secretFile, scriptFile] = process.argv.slice(2)

if (cluster.isPrimary) {
  // the kernel deals out connections: cheaper than handing them over
  cluster.schedulingPolicy = cluster.SCHED_NONE
  for (let i = 0; i < Number(workers); i++) {
    cluster.fork()
  }
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) {
      worker.process.kill()
    }
    process.exit(0)
  })
} else {
  serve()
}

function serve () {
  const Redis = require('ioredis')
  const secret = crypto.createSecretKey(
    Buffer.from(fs.readFileSync(secretFile, 'latin1').trim(), 'latin1'))
  const redis = new Redis({ path: socket, enableAutoPipelining: true })
  const app = require('fastify')({ bodyLimit: 3 * 1024 * 1024 })

  redis.defineCommand('parleyWrite', {
    numberOfKeys: 4, lua: fs.readFileSync(scriptFile, 'utf8')
  })

  app.addContentTypeParser('application/json', { parseAs: 'buffer' },
    (request, body, done) => done(null, body))

  app.post('/webhooks/whatsapp', async (request, reply) => {
    const body = request.body
    if (!verify(secret, body, request.headers['x-hub-signature-256'])) {
      return reply.code(403).send()
    }

    let event
    try {
      event = JSON.parse(body)
    } catch {
      return reply.code(400).send()
    }

    try {
      await Promise.all(commands(event).map((c) => redis.parleyWrite(...c)))
    } catch {
      return reply.code(503).send()
    }

    return reply.code(200).send()
  })

  app.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
}

function verify (secret, body, header) {
  if (typeof header !== 'string' || header.length !== 7 + 64 ||
      !header.startsWith('sha256=')) {
    return false
  }
  const mac = crypto.createHmac('sha256', secret).update(body).digest()
  const given = Buffer.from(header.slice(7), 'hex')
  return given.length === mac.length && crypto.timingSafeEqual(given, mac)
}

function nameOf (contacts, from) {
  for (const contact of contacts ?? []) {
    if (contact.wa_id === from) {
      return contact.profile?.name ?? ''
    }
  }
  return ''
}

function commands (event) {
  const out = []
  const now = Math.floor(Date.now() / 1000)

  for (const entry of event.entry ?? []) {
    for (const { value = {} } of entry.changes ?? []) {
      const number = value.metadata?.phone_number_id
      for (const message of value.messages ?? []) {
        const from = message.from
        const name = nameOf(value.contacts, from)
        const text = `Hello ${name}, thank you for writing.` +
          ' Somebody will be with you in a minute.'

        out.push([
          `d:${message.id}`, `c:${number}:${from}`, `m:${number}:${from}`,
          'outbox', DEDUPE_S, name, now + WINDOW_S, 'greet',
          JSON.stringify({ dir: 'in', id: message.id, time: now,
            type: message.type, text: message.text?.body }),
          JSON.stringify({ dir: 'out', time: now, text }),
          JSON.stringify({ from: number, to: from, text })
        ])
      }
    }
  }
  return out
}
