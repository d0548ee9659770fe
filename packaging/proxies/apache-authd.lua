-- The access check of apache.conf: asks authd about the request, and gives the request the X-Auth-*
-- headers of the answer.
local http = require "socket.http"

-- Only for some: /auth/verify?redirect=1&role=admin
local VERIFY = "http://127.0.0.1:8080/auth/verify?redirect=1"
local ASKED_BY = {"Authorization", "Cookie", "X-API-Key", "Accept", "User-Agent", "Sec-Fetch-Site", "Sec-Fetch-Mode"}
local ANSWERS = {"X-Auth-User-Id", "X-Auth-User", "X-Auth-Email", "X-Auth-Email-Verified", "X-Auth-Roles"}

function check(r)
    local headers = {
        ["X-Forwarded-For"] = r.useragent_ip,
        ["X-Forwarded-Proto"] = r.is_https and "https" or "http",
        ["X-Forwarded-Host"] = r.headers_in["Host"],
        ["X-Forwarded-Method"] = r.method,
        ["X-Forwarded-Uri"] = r.unparsed_uri,
    }
    for _, name in ipairs(ASKED_BY) do
        headers[name] = r.headers_in[name]
    end
    -- What the client says in headers of these names never reaches the application. With _ they are
    -- the same names to applications that are called by CGI or WSGI.
    for name in pairs(r:headers_in_table()) do
        if name:lower():gsub("_", "-"):find("^x%-auth%-") then
            r.headers_in[name] = nil
        end
    end
    http.TIMEOUT = 5
    local _, status, answer = http.request{url = VERIFY, headers = headers, redirect = false}
    if status == 200 then
        for _, name in ipairs(ANSWERS) do
            r.headers_in[name] = answer[name:lower()]
        end
        return apache2.OK
    end
    if status == 302 then
        r.headers_out["Location"] = answer["location"]
        return 302
    end
    if status == 401 or status == 403 or status == 429 then
        return status
    end
    return 503
end
