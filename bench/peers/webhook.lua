-- WhatsApp webhooks with nginx, Lua and Redis, written as well as such code
-- can be: the MAC's key is set up once in a worker, the body is decoded once,
-- connections to Redis are kept, and everything a message writes is one
-- script. 200 leaves after Redis has answered, which is after its fsync.

local cjson = require "cjson.safe"
local ffi = require "ffi"
local redis = require "nginx.redis"

ffi.cdef [[
typedef struct hmac_ctx_st HMAC_CTX;
typedef struct evp_md_st EVP_MD;
HMAC_CTX *HMAC_CTX_new(void);
const EVP_MD *EVP_sha256(void);
int HMAC_Init_ex(HMAC_CTX *ctx, const void *key, int len, const EVP_MD *md,
    void *impl);
int HMAC_Update(HMAC_CTX *ctx, const unsigned char *data, size_t len);
int HMAC_Final(HMAC_CTX *ctx, unsigned char *md, unsigned int *len);
int CRYPTO_memcmp(const void *a, const void *b, size_t len);
]]

local C = ffi.C
local HEX = ffi.new("uint8_t[16]", { ("0123456789abcdef"):byte(1, 16) })
local DEDUPE_S = 11 * 86400
local WINDOW_S = 24 * 3600
local SIGNATURE_LEN = 7 + 64

local _M = {}
local mt = { __index = _M }


local function read_file(path)
    local file = assert(io.open(path, "rb"))
    local data = file:read("*a")
    file:close()
    return data
end


function _M.new(conf)
    local secret = read_file(conf.secret):gsub("%s+$", "")
    local self = {
        redis = conf.redis,
        script = read_file(conf.script),
        sha = nil,
        mac = C.HMAC_CTX_new(),
        md = ffi.new("uint8_t[32]"),
        hex = ffi.new("uint8_t[64]"),
        len = ffi.new("unsigned int[1]"),
    }

    self.sha = ngx.sha1_bin(self.script):gsub(".", function (c)
        return ("%02x"):format(c:byte())
    end)
    assert(C.HMAC_Init_ex(self.mac, secret, #secret, C.EVP_sha256(), nil) == 1)

    return setmetatable(self, mt)
end


-- The context keeps its key: an Init without one starts over.
function _M:verify(body, signature)
    if not signature or #signature ~= SIGNATURE_LEN
       or signature:sub(1, 7) ~= "sha256="
    then
        return false
    end

    if C.HMAC_Init_ex(self.mac, nil, 0, nil, nil) ~= 1
       or C.HMAC_Update(self.mac, body, #body) ~= 1
       or C.HMAC_Final(self.mac, self.md, self.len) ~= 1
    then
        return false
    end

    for i = 0, 31 do
        local b = self.md[i]
        self.hex[2 * i] = HEX[bit.rshift(b, 4)]
        self.hex[2 * i + 1] = HEX[bit.band(b, 15)]
    end

    return C.CRYPTO_memcmp(self.hex, signature:sub(8), 64) == 0
end


local function name_of(contacts, from)
    for _, contact in ipairs(contacts or {}) do
        if contact.wa_id == from then
            return contact.profile and contact.profile.name or ""
        end
    end

    return ""
end


local function commands(event)
    local out = {}
    local now = ngx.time()

    for _, entry in ipairs(event.entry or {}) do
        for _, change in ipairs(entry.changes or {}) do
            local value = change.value or {}
            local number = value.metadata and value.metadata.phone_number_id
            for _, message in ipairs(value.messages or {}) do
                local from = message.from
                local name = name_of(value.contacts, from)
                local reply = "Hello " .. name .. ", thank you for writing."
                    .. " Somebody will be with you in a minute."

                out[#out + 1] = {
                    "d:" .. message.id,
                    "c:" .. number .. ":" .. from,
                    "m:" .. number .. ":" .. from,
                    "outbox",
                    DEDUPE_S, name, now + WINDOW_S, "greet",
                    cjson.encode { dir = "in", id = message.id, time = now,
                                   type = message.type,
                                   text = message.text
                                          and message.text.body },
                    cjson.encode { dir = "out", time = now, text = reply },
                    cjson.encode { from = number, to = from, text = reply },
                }
            end
        end
    end

    return out
end


function _M:write(red, list)
    red:init_pipeline(#list)
    for _, c in ipairs(list) do
        red:evalsha(self.sha, 4, unpack(c))
    end

    return red:commit_pipeline()
end


function _M:store(list)
    local red = redis:new()
    red:set_timeout(10000)
    assert(red:connect(self.redis))

    local answers, err = self:write(red, list)
    if not answers then
        return nil, err
    end

    for _, answer in ipairs(answers) do
        if type(answer) == "table" then         -- { false, error }
            if not tostring(answer[2]):find("^NOSCRIPT") then
                return nil, answer[2]
            end
            assert(red:script("load", self.script))
            answers, err = self:write(red, list)
            break
        end
    end

    red:set_keepalive(60000, 2048)

    return answers, err
end


function _M:handle()
    ngx.req.read_body()
    local body = ngx.req.get_body_data()

    if not body
       or not self:verify(body, ngx.var.http_x_hub_signature_256)
    then
        return ngx.exit(403)
    end

    local event = cjson.decode(body)
    if not event then
        return ngx.exit(400)
    end

    local list = commands(event)
    if #list > 0 then
        local ok, err = self:store(list)
        if not ok then
            ngx.log(ngx.ERR, "redis: ", err)
            return ngx.exit(503)
        end
    end

    ngx.status = 200
    ngx.header["Content-Length"] = 0
end


return _M
