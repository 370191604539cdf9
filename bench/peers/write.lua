-- All that one inbound message writes, as one atomic script. Both peers call
-- it with EVALSHA, so that a message costs them one round trip.
--
-- KEYS  dedupe, conversation, its messages, outbox
-- ARGV  dedupe seconds, name, window's end, step, message, reply, outbox row
-- Returns 1, or 0 for a message that was seen before.

if not redis.call('SET', KEYS[1], 1, 'NX', 'EX', ARGV[1]) then
    return 0
end

redis.call('HSET', KEYS[2], 'name', ARGV[2], 'window', ARGV[3],
           'step', ARGV[4])
redis.call('RPUSH', KEYS[3], ARGV[5], ARGV[6])
redis.call('RPUSH', KEYS[4], ARGV[7])

return 1
