-- "http-request lua.authd" for haproxy.cfg: asks authd about the request. Sets txn.authd_status, the
-- X-Auth-* headers of the request, txn.authd_location for browsers that have to sign in, and
-- txn.authd_challenge and txn.authd_nonce for programs, which learn from them how to prove who they are.

-- To let only some users in: /auth/verify?redirect=1&role=admin
local VERIFY = "http://127.0.0.1:8080/auth/verify?redirect=1"
local ASKED_BY = {"authorization", "cookie", "x-api-key", "dpop", "accept", "user-agent", "sec-fetch-site",
                  "sec-fetch-mode", "origin", "access-control-request-method"}
local ANSWERS = {"x-auth-user-id", "x-auth-subject", "x-auth-user", "x-auth-email", "x-auth-email-verified",
                 "x-auth-roles"}
local CHALLENGES = {["www-authenticate"] = "txn.authd_challenge", ["dpop-nonce"] = "txn.authd_nonce"}

core.register_action("authd", {"http-req"}, function(txn)
    local sent = txn.http:req_get_headers()
    local headers = {
        ["x-forwarded-for"] = {txn.f:src()},
        ["x-forwarded-proto"] = {txn.f:ssl_fc() == 1 and "https" or "http"},
        ["x-forwarded-host"] = {sent["host"] and sent["host"][0] or ""},
        ["x-forwarded-method"] = {txn.f:method()},
        ["x-forwarded-uri"] = {txn.f:pathq()},
    }
    for _, name in ipairs(ASKED_BY) do
        if sent[name] then
            headers[name] = {}
            for _, value in pairs(sent[name]) do  -- all of them: authd refuses two credentials
                table.insert(headers[name], value)
            end
        end
    end
    local reply = core.httpclient():get{url = VERIFY, headers = headers, timeout = 5000}
    local status = reply and reply.status or 503
    if status == 302 and reply.headers["location"] then
        txn:set_var("txn.authd_location", reply.headers["location"][0])
    end
    if status == 200 then
        for _, name in ipairs(ANSWERS) do
            if reply.headers[name] then
                txn.http:req_set_header(name, reply.headers[name][0])
            end
        end
    end
    txn:set_var("txn.authd_status", status)
    if status == 401 then
        for name, variable in pairs(CHALLENGES) do
            local values = reply.headers[name]
            if values then
                txn:set_var(variable, table.concat(values, ", ", 0))
            end
        end
    end
end, 0)
