#include "auth/passwords/common_passwords.h"

// COMMON_PASSWORDS is the path of the file.
asm(R"(
.pushsection .rodata
authd_common_passwords: .incbin ")" COMMON_PASSWORDS R"("
authd_common_passwords_end:
.popsection
)");
extern "C" const char authd_common_passwords[];
extern "C" const char authd_common_passwords_end[];

namespace authd::auth {

std::string_view embedded_passwords() {
  return {authd_common_passwords, authd_common_passwords_end};
}

}  // namespace authd::auth
