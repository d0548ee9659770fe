-- The access check of apache.conf: asks authd about the request, and adds the X-Auth-* headers of the
-- reply to it.
local http = require "socket.http"

-- To let only some users in: /auth/verify?redirect=1&role=admin
local VERIFY = "http://127.0.0.1:8080/auth/verify?redirect=1"
local ASKED_BY = {"Authorization", "Cookie", "X-API-Key", "DPoP", "Accept", "User-Agent", "Sec-Fetch-Site",
                  "Sec-Fetch-Mode", "Origin", "Access-Control-Request-Method"}
local ANSWERS = {"X-Auth-User-Id", "X-Auth-Subject", "X-Auth-User", "X-Auth-Email", "X-Auth-Email-Verified",
                 "X-Auth-Roles"}
-- How a program proves who it is.
local CHALLENGES = {"WWW-Authenticate", "DPoP-Nonce"}

-- Only authd sets X-Auth-*. What a client sends under such a name never reaches the application, in
-- any spelling: some applications read X.Auth.User and X_Auth_User as X-Auth-User.
local function drop_forged_names(r)
    for name in pairs(r:headers_in_table()) do
        if name:lower():gsub("[^a-z0-9]", "-"):find("^x%-auth%-") then
            r.headers_in[name] = nil
        end
    end
end

-- A client's "Connection: X-Auth-User" would make Apache remove what authd has set, and inside another
-- protocol ("Upgrade: h2c") requests would bypass authd. Only what Apache itself uses stays.
local function limit_connection(r)
    local kept = {}
    for option in (r.headers_in["Connection"] or ""):lower():gmatch("[^,%s]+") do
        if option == "close" or option == "keep-alive" or option == "upgrade" then
            table.insert(kept, option)
        end
    end
    if (r.headers_in["Upgrade"] or ""):lower() ~= "websocket" then
        r.headers_in["Upgrade"] = nil
    end
    r.headers_in["Connection"] = #kept > 0 and table.concat(kept, ", ") or nil
end

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
    drop_forged_names(r)
    limit_connection(r)
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
    if status == 401 then
        for _, name in ipairs(CHALLENGES) do
            r.err_headers_out[name] = answer[name:lower()]
        end
    end
    if status == 401 or status == 403 or status == 429 then
        return status
    end
    return 503
end
