<?php
// PHP behind a proxy that asks authd about each request: `authd init php`.
// Run it with the settings of .env in the environment: php -S 127.0.0.1:3000 proxy.php

// Anybody can send X-Auth-* headers. They count only if the proxy sent them.
function require_user(): array
{
    $secret = getenv('PROXY_SECRET') ?: '';
    if (strlen($secret) < 32) {
        throw new RuntimeException('PROXY_SECRET needs at least 32 characters');
    }
    if (!hash_equals($secret, $_SERVER['HTTP_X_PROXY_SECRET'] ?? '')) {
        refuse(403, 'not_from_the_proxy');
    }
    $subject = $_SERVER['HTTP_X_AUTH_SUBJECT'] ?? '';
    if ($subject === '') {
        refuse(401, 'not_signed_in');
    }
    $roles = array_filter(explode(',', $_SERVER['HTTP_X_AUTH_ROLES'] ?? ''), 'strlen');
    $name = $_SERVER['HTTP_X_AUTH_USER'] ?? '';
    return ['subject' => $subject, 'name' => $name, 'roles' => array_values($roles)];
}

function refuse(int $status, string $error): never
{
    http_response_code($status);
    echo json_encode(['error' => $error]);
    exit;
}

header('Content-Type: application/json');
echo json_encode(require_user());
