-- wrk -s load.lua URL -- FILE [once]
-- FILE holds a request a line: a token (or nothing), a tab, and the body to post or the path to
-- get. They are sent in turn, again from the first after the last; with `once`, the load ends there.
local requests, count, at, once = {}, 0, 0, false

function init(args)
  once = args[2] == "once"
  for line in io.lines(args[1]) do
    local token, body = line:match("^([^\t]*)\t(.*)$")
    local headers = { ["Content-Type"] = "application/json" }
    if token ~= "" then
      headers["Authorization"] = "Bearer " .. token
    end
    count = count + 1
    if body:sub(1, 1) == "/" then
      requests[count] = wrk.format("GET", body, headers)
    else
      requests[count] = wrk.format("POST", nil, headers, body)
    end
  end
end

function request()
  at = at + 1
  if at > count then
    if once then
      wrk.thread:stop()
    end
    at = 1
  end
  return requests[at]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "errors": %d}\n',
    summary.requests,
    summary.duration / 1e6,
    latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
