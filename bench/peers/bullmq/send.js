'use strict'
// Sending with Node.js, BullMQ and Redis, written as well as such code can
// be: one queue (a queue for each channel would need as many workers), many
// jobs at a time in each process, one kept connection for each of them, no
// limit of rate, no log. A job's state is in Redis before its POST begins and
// after it has ended, on disk both times (appendfsync always), as an attempt
// and its result are in Parley. With "drop" a job is forgotten when it is
// done, and with it the provider's id of the message; "keep" keeps both.
//
// node send.js fill REDIS_SOCKET MESSAGES CHANNELS CONTACTS drop|keep
// node send.js work REDIS_SOCKET PORT PROCESSES CONCURRENCY

const cluster = require('node:cluster')

const QUEUE = 'sends'
const BULK = 1000
const FACTOR = 2654435761n
const TOKEN = 'EAAbenchbenchbenchbenchbenchbenchbenchbench'

const [what, path, ...args] = process.argv.slice(2)

// bullmq wants null: a worker waits for Redis as long as it takes
function redis () {
  const Redis = require('ioredis')
  return new Redis({
    path, maxRetriesPerRequest: null, enableAutoPipelining: true
  })
}

// The messages that bench/fill.c queues, in the same order.
async function fill (messages, channels, contacts, keep) {
  const { Queue } = require('bullmq')
  const queue = new Queue(QUEUE, {
    connection: redis(),
    streams: { events: { maxLen: 100 } },
    defaultJobOptions: {
      removeOnComplete: !keep,
      attempts: 10,
      backoff: { type: 'exponential', delay: 1000, jitter: 1 }
    }
  })

  for (let i = 0; i < messages; i += BULK) {
    const jobs = []
    for (let n = i; n < i + BULK && n < messages; n++) {
      const contact = n % contacts
      const id = String(BigInt(contact) * FACTOR % 100000000n)
        .padStart(8, '0')
      jobs.push({
        name: 'send',
        data: {
          account: '1065403522' + String(contact % channels).padStart(5, '0'),
          to: '+49151' + id,
          name: 'Contact ' + id
        }
      })
    }
    await queue.addBulk(jobs)
  }

  const waiting = await queue.getWaitingCount()
  process.stdout.write(JSON.stringify({ waiting }) + '\n')
  process.exit(0)
}

function body (job) {
  return JSON.stringify({
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    to: job.data.to,
    type: 'template',
    template: {
      name: 'order_on_its_way',
      language: { code: 'en_US' },
      components: [{
        type: 'body', parameters: [{ type: 'text', text: job.data.name }]
      }]
    },
    biz_opaque_callback_data: 'bullmq:' + job.id
  })
}

function work (port, concurrency) {
  const { Worker } = require('bullmq')
  const { Pool } = require('undici')
  const pool = new Pool(`http://127.0.0.1:${port}`, {
    connections: concurrency, pipelining: 1
  })
  const headers = {
    authorization: 'Bearer ' + TOKEN, 'content-type': 'application/json'
  }

  const worker = new Worker(QUEUE, async (job) => {
    const answer = await pool.request({
      method: 'POST',
      path: `/v23.0/${job.data.account}/messages`,
      headers,
      body: body(job)
    })
    const said = await answer.body.json()
    if (answer.statusCode !== 200) {
      throw new Error(`status ${answer.statusCode}`)
    }
    return said.messages[0].id
  }, { connection: redis(), concurrency })

  worker.on('error', (e) => process.stderr.write(`${e.message}\n`))
}

if (what === 'fill') {
  fill(...args.slice(0, 3).map(Number), args[3] === 'keep')

} else if (cluster.isPrimary && Number(args[1]) > 1) {
  for (let i = 0; i < Number(args[1]); i++) {
    cluster.fork()
  }
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) {
      worker.process.kill()
    }
    process.exit(0)
  })
} else {
  work(Number(args[0]), Number(args[2]))
}
