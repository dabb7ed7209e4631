/** What Redis carries out in one piece, in its Lua. Values are JSON text; an absent key is JSON's null. */
export const scripts = {
  cas: `local now = redis.call('GET', KEYS[1]) or 'null'
if now ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`,
  transfer: `if tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0) < tonumber(ARGV[3]) then return 0 end
redis.call('HINCRBY', KEYS[1], ARGV[1], -ARGV[3])
redis.call('HINCRBY', KEYS[1], ARGV[2], ARGV[3])
return 1`,
  acquire: `if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local token = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], token, 'PX', ARGV[1])
return token`,
  release: `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
  /** Lists are lists of JSON texts; cjson cannot tell an empty list from an empty object, so the answer is put together by hand. */
  txn: `local done = {}
for i, step in ipairs(cjson.decode(ARGV[1])) do
  local f, key, value = step[1], step[2], step[3]
  local told = cjson.encode(value)
  if f == 'append' then redis.call('RPUSH', KEYS[1] .. 'a/' .. key, told)
  elseif f == 'w' then redis.call('SET', KEYS[1] .. 'w/' .. key, told)
  else
    local list = redis.call('LRANGE', KEYS[1] .. 'a/' .. key, 0, -1)
    told = #list > 0 and '[' .. table.concat(list, ',') .. ']' or redis.call('GET', KEYS[1] .. 'w/' .. key) or 'null'
  end
  done[i] = '[' .. cjson.encode(f) .. ',' .. cjson.encode(key) .. ',' .. told .. ']'
end
return '[' .. table.concat(done, ',') .. ']'`,
} as const;
