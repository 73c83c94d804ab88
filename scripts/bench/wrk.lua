-- Sends the requests of a file one after the other, each once: a length in decimal digits, a line feed, this many bytes.
local requests = {}
local following = 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local content = file:read("*a")
  file:close()
  local at = 1
  while at <= #content do
    local line_end = content:find("\n", at, true)
    local length = tonumber(content:sub(at, line_end - 1))
    requests[#requests + 1] = content:sub(line_end + 1, line_end + length)
    at = line_end + length + 1
  end
end

function request()
  following = following % #requests + 1
  return requests[following]
end

function done(summary, latency)
  io.write(string.format(
    '\n{"answered":%d,"refused":%d,"seconds":%f,"p50":%f,"p99":%f,"p999":%f}\n',
    summary.requests - summary.errors.status, summary.errors.status, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
