// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/protobuf/descriptor_set.h"

#include <QTest>

#include <google/protobuf/descriptor.pb.h>

using namespace sluice;
namespace pb = google::protobuf;

namespace {

pb::FieldDescriptorProto *field(pb::DescriptorProto *message, const char *name, int number,
                                pb::FieldDescriptorProto::Type type)
{
    pb::FieldDescriptorProto *out = message->add_field();
    out->set_name(name);
    out->set_number(number);
    out->set_type(type);
    out->set_label(pb::FieldDescriptorProto::LABEL_OPTIONAL);
    return out;
}

pb::FileDescriptorSet shop()
{
    pb::FileDescriptorSet set;
    pb::FileDescriptorProto *file = set.add_file();
    file->set_name("shop.proto");
    file->set_package("shop");
    file->set_syntax("proto3");
    pb::DescriptorProto *item = file->add_message_type();
    item->set_name("Item");
    field(item, "id", 1, pb::FieldDescriptorProto::TYPE_INT32);
    field(item, "name", 2, pb::FieldDescriptorProto::TYPE_STRING);
    field(item, "child", 4, pb::FieldDescriptorProto::TYPE_MESSAGE)->set_type_name(".shop.Item");
    pb::ServiceDescriptorProto *service = file->add_service();
    service->set_name("Shop");
    pb::MethodDescriptorProto *get = service->add_method();
    get->set_name("Get");
    get->set_input_type(".shop.Item");
    get->set_output_type(".shop.Item");
    return set;
}

}  // namespace

class DescriptorSetTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void fieldsHaveTheirNames();
    void whatDoesNotFitIsNothing();
    void whatIsNoSchemaIsRefused();
    void aFileThatIsLeftOutCostsItsNamesAlone();
};

void DescriptorSetTest::fieldsHaveTheirNames()
{
    const auto set = protobuf::DescriptorSet::create(shop().SerializeAsString());
    QVERIFY2(set, set ? "" : set.error().what.c_str());
    const std::string message("\x08\x07\x12\x05"
                              "caf\xc3\xa9\x22\x02\x08\x02",
                              13);
    QCOMPARE((*set)->text("/shop.Shop/Get", true, message, false).value_or("nothing"),
             std::string("id: 7 name: \"caf\xc3\xa9\" child { id: 2 }"));
    QCOMPARE((*set)->text("/shop.Shop/Get", false, message, true).value_or("nothing"),
             std::string("id: 7\nname: \"caf\xc3\xa9\"\nchild {\n  id: 2\n}"));
    QCOMPARE((*set)->text("/shop.Shop/Get", true, "", false).value_or("nothing"), std::string());
    // A field that the schema does not know is told by its number.
    QVERIFY((*set)->text("/shop.Shop/Get", true, "\x48\x01", false).value_or("").find("9: 1") != std::string::npos);
}

void DescriptorSetTest::whatDoesNotFitIsNothing()
{
    const auto set = protobuf::DescriptorSet::create(shop().SerializeAsString());
    QVERIFY(set);
    for (const char *path : {"", "/", "/Get", "shop.Shop/Get", "/shop.Shop/Put", "/other.Shop/Get", "/shop.Item/Get"})
        QVERIFY(!(*set)->text(path, true, "\x08\x07", false));
    QVERIFY(!(*set)->text("/shop.Shop/Get", true, "\x08", false));
}

void DescriptorSetTest::whatIsNoSchemaIsRefused()
{
    QVERIFY(!protobuf::DescriptorSet::create(""));
    QVERIFY(!protobuf::DescriptorSet::create("syntax = \"proto3\";"));
    QVERIFY(!protobuf::DescriptorSet::create(std::string(protobuf::mostDescriptorBytes + 1, ' ')));
    pb::FileDescriptorSet set = shop();
    field(set.mutable_file(0)->mutable_message_type(0), "again", 1, pb::FieldDescriptorProto::TYPE_INT32);
    const auto twice = protobuf::DescriptorSet::create(set.SerializeAsString());
    QVERIFY(!twice && twice.error().what.find("shop.proto") != std::string::npos);
}

void DescriptorSetTest::aFileThatIsLeftOutCostsItsNamesAlone()
{
    pb::FileDescriptorSet set = shop();
    set.mutable_file(0)->add_dependency("other.proto");
    pb::MethodDescriptorProto *method = set.mutable_file(0)->mutable_service(0)->add_method();
    method->set_name("Ask");
    method->set_input_type(".other.Question");
    method->set_output_type(".shop.Item");
    const auto made = protobuf::DescriptorSet::create(set.SerializeAsString());
    QVERIFY2(made, made ? "" : made.error().what.c_str());
    QVERIFY(!(*made)->text("/shop.Shop/Ask", true, "\x08\x01", false));
    QVERIFY((*made)->text("/shop.Shop/Ask", false, "\x08\x01", false));
}

QTEST_GUILESS_MAIN(DescriptorSetTest)
#include "descriptor_set_test.moc"
