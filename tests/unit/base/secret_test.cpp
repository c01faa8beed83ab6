// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/base/secret.h"

#include <QTest>

#include <sstream>

using sluice::Secret;

namespace {

template<class T>
concept Printable = requires(std::ostringstream &out, const T &value)
{
    out << value;
};
static_assert(Printable<std::string> && !Printable<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string> && !std::is_convertible_v<Secret, std::string_view>);

class SecretTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void what_it_took_is_wiped()
    {
        for (const size_t size : {5, 500}) {  // within the string itself, and beside it
            std::string text(size, 'x');
            Secret secret(std::move(text));
            QCOMPARE(secret.reveal(), std::string_view(std::string(size, 'x')));
            text.resize(text.capacity());
            QVERIFY(text.find('x') == text.npos);
            Secret other(std::move(secret));
            QVERIFY(secret.empty());
            QCOMPARE(other.size(), size);
            secret = std::move(other);
            QVERIFY(other.empty() && secret.size() == size);
        }
    }

    void all_the_room_of_a_text_is_wiped()
    {
        std::string text(1000, 'x');
        const char *const bytes = text.data();
        text.resize(3);
        Secret::wipe(text);
        QVERIFY(text.empty());
        QVERIFY(std::all_of(bytes, bytes + 1000, [](char c) { return c == 0; }));
    }

    void equal_ones_are_equal()
    {
        const Secret a(std::string("hunter2")), b(std::string_view("hunter2"));
        QVERIFY(a == b && a == Secret(a));
        QVERIFY(!(a == Secret(std::string("hunter3"))) && !(a == Secret(std::string("hunter"))) && !(a == Secret()));
        QVERIFY(Secret() == Secret());
    }
};

}  // namespace

QTEST_APPLESS_MAIN(SecretTest)
#include "secret_test.moc"
