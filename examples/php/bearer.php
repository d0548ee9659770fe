<?php
// PHP with access tokens of authd (`Authorization: Bearer`): `authd init php --way bearer`. Asks
// authd about each token, so a token that was revoked is refused at once.
// Run it with the settings of .env in the environment: php -S 127.0.0.1:3000 bearer.php

function introspect(string $token): array
{
    $client = base64_encode(getenv('CLIENT_ID') . ':' . getenv('CLIENT_SECRET'));
    $context = stream_context_create(['http' => [
        'method' => 'POST',
        'header' => "Authorization: Basic $client\r\n" .
            "Content-Type: application/x-www-form-urlencoded\r\n",
        'content' => http_build_query(['token' => $token]),
        'timeout' => 5,
    ]]);
    $reply = file_get_contents(getenv('AUTH_SERVER') . '/oauth2/introspect', false, $context);
    if ($reply === false) {
        throw new RuntimeException('authd does not answer, or does not know this client');
    }
    return json_decode($reply, true, 16, JSON_THROW_ON_ERROR);
}

// A token for another audience is active as well, and so is a refresh token.
function require_user(): array
{
    $is_bearer = preg_match('/^Bearer (\S+)$/i', $_SERVER['HTTP_AUTHORIZATION'] ?? '', $found);
    $told = $is_bearer ? introspect($found[1]) : ['active' => false];
    $audience = (array) ($told['aud'] ?? []);
    if (!$told['active'] || $told['token_type'] !== 'Bearer' || $told['iss'] !== getenv('ISSUER')
        || !in_array(getenv('AUDIENCE'), $audience, true)) {
        http_response_code(401);
        header('WWW-Authenticate: Bearer');
        echo json_encode(['error' => 'invalid_token']);
        exit;
    }
    return ['subject' => $told['sub'], 'roles' => $told['roles'] ?? []];
}

header('Content-Type: application/json');
echo json_encode(require_user());
