// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway file in the window: form and text beside each other, what other programs do to the file, and what
// becomes of edits that were not saved.
#include "tests/ui/opened_window.h"
#include "ui/pages/routes_page.h"
#include "ui/widgets/file_edit.h"
#include "ui/widgets/route_form.h"
#include "ui/widgets/try_panel.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QSaveFile>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>

using namespace sluice;
using namespace sluice::ui;

namespace {

const char rules[] = "listen: http://127.0.0.1:0\n"
                     "services:\n"
                     "  things: http://127.0.0.1:9001\n"
                     "routes:\n"
                     "  - path: /one/**   # first\n"
                     "    service: things\n"
                     "  - path: /two/**\n"
                     "    service: things\n"
                     "  - path: /three/**\n"
                     "    service: things\n";

struct File {
    QTemporaryDir folder;
    QString path = folder.filePath(u"sluice.yaml"_qs);
    File() { write(rules); }
    // As editors do: another file takes its place.
    bool write(const QByteArray &text) const
    {
        QSaveFile file(path);
        return file.open(QFile::WriteOnly) && file.write(text) == text.size() && file.commit();
    }
    QByteArray read() const
    {
        QFile file(path);
        return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
    }
};

struct OpenedRoutes : Opened {
    OpenedRoutes(Theme &theme, const File &file) : Opened(theme)
    {
        window.show(MainWindow::Routes);
        gateway::Status status = sampleStatus();
        status.file = file.path.toStdString();
        QSignalSpy checked(&page(), &RoutesPage::checked);
        session.tell(status);
        checked.wait();
    }
    RoutesPage &page() { return *window.routes(); }
    QComboBox *routes() { return named<QComboBox>(u"Route"); }
    QLineEdit *path() { return named<QLineEdit>(u"Path"); }
    template<class T>
    T *named(QStringView name)
    {
        for (T *each : page().form()->findChildren<T *>()) {
            if (each->accessibleName() == name)
                return each;
        }
        return nullptr;
    }
    bool says(const QString &part)
    {
        for (const QLabel *each : page().findChildren<QLabel *>()) {
            if (each->isVisible() && each->text().contains(part))
                return true;
        }
        return false;
    }
};

}  // namespace

class RoutesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void whatIsBeingTypedIsNotTakenAway();
    void aRouteThatIsMovedStaysChosen();
    void aMistakeOfTheFormIsMendedInTheForm();
    void aFileThatChangesOnDiskIsReadAgain();
    void aForeignChangeIsNotOverwrittenUnasked();
    void unsavedEditsAreAskedAboutWhenTheWindowCloses();
    void theEditorsKeysLeaveTheWindowsAlone();
    void anOvertakenAnswerIsNotShown();
    void theAnswerOfWhatWasSentStays();

private:
    std::unique_ptr<Theme> theme_;
};

void RoutesTest::initTestCase()
{
    QCoreApplication::setApplicationName(u"sluice-routes-test"_qs);
    QCoreApplication::setOrganizationName(u"sluice-routes-test"_qs);
    QSettings().clear();
    theme_ = std::make_unique<Theme>(*qApp, Mode::Light);
}

void RoutesTest::whatIsBeingTypedIsNotTakenAway()
{
    const File file;
    OpenedRoutes opened(*theme_, file);
    QTRY_COMPARE(opened.path()->text(), u"/one/**"_qs);
    QSignalSpy checked(&opened.page(), &RoutesPage::checked);
    opened.path()->setFocus();
    opened.path()->selectAll();
    QTest::keyClicks(opened.path(), u"/other"_qs);
    // A check of the text comes in between, as after an undo.
    opened.page().edit()->changeTo(QString::fromUtf8(rules).replace(u"# first"_qs, u"# the first"_qs));
    QTRY_COMPARE(checked.size(), 1);
    QCOMPARE(opened.path()->text(), u"/other"_qs);
    QTest::keyClicks(opened.path(), u"/**"_qs);
    QTest::keyClick(opened.path(), Qt::Key_Return);
    QTRY_VERIFY(opened.page().edit()->text().contains(u"path: /other/**   # the first"));
}

void RoutesTest::aRouteThatIsMovedStaysChosen()
{
    const File file;
    OpenedRoutes opened(*theme_, file);
    QTRY_COMPARE(opened.routes()->count(), 3);
    auto *down = opened.named<QAbstractButton>(u"Move the route down");
    QSignalSpy checked(&opened.page(), &RoutesPage::checked);
    down->click();
    down->click();  // before the first is done: it would move the wrong one
    QTRY_COMPARE(checked.size(), 1);
    QCOMPARE(opened.routes()->currentIndex(), 1);
    QCOMPARE(opened.path()->text(), u"/one/**"_qs);
    down->click();
    QTRY_COMPARE(checked.size(), 2);
    QCOMPARE(opened.routes()->currentIndex(), 2);
    QVERIFY(opened.page().edit()->text().indexOf(u"/two") < opened.page().edit()->text().indexOf(u"/one"));
    opened.named<QAbstractButton>(u"Add a route behind this one")->click();
    QTRY_COMPARE(opened.routes()->count(), 4);
    QCOMPARE(opened.path()->text(), u"/new/**"_qs);
    opened.named<QAbstractButton>(u"Remove this route")->click();
    QTRY_COMPARE(opened.routes()->count(), 3);
    QVERIFY(!opened.page().edit()->text().contains(u"/new"));
}

void RoutesTest::aMistakeOfTheFormIsMendedInTheForm()
{
    const File file;
    OpenedRoutes opened(*theme_, file);
    QTRY_COMPARE(opened.path()->text(), u"/one/**"_qs);
    opened.path()->setFocus();
    opened.path()->selectAll();
    QTest::keyClicks(opened.path(), u"no/slash"_qs);
    QTest::keyClick(opened.path(), Qt::Key_Return);
    QTRY_VERIFY(hasErrors(opened.page().problems()));
    QVERIFY(opened.path()->isEnabled());
    QCOMPARE(opened.path()->text(), u"no/slash"_qs);
    QVERIFY(opened.says(QString::fromStdString(opened.page().problems().front().what)));
    opened.path()->selectAll();
    QTest::keyClicks(opened.path(), u"/mended"_qs);
    QTest::keyClick(opened.path(), Qt::Key_Return);
    QTRY_VERIFY(!hasErrors(opened.page().problems()));
    QVERIFY(opened.page().edit()->text().contains(u"path: /mended   # first"));
    // A mistake in the text is the text's to mend.
    opened.page().edit()->changeTo(u"routes: nothing\n"_qs);
    QTRY_VERIFY(hasErrors(opened.page().problems()));
    QVERIFY(!opened.path()->isEnabled());
}

void RoutesTest::aFileThatChangesOnDiskIsReadAgain()
{
    const File file;
    OpenedRoutes opened(*theme_, file);
    for (const char *path : {"/four/**", "/five/**"}) {  // the second time too: the first file is gone by then
        const QByteArray text = QByteArray(rules).replace("/one/**", path);
        QVERIFY(file.write(text));
        QTRY_COMPARE(opened.page().edit()->text().toUtf8(), text);
        QVERIFY(!opened.page().modified());
        QTRY_COMPARE(opened.path()->text(), QString::fromLatin1(path));
    }
}

void RoutesTest::aForeignChangeIsNotOverwrittenUnasked()
{
    const File file;
    OpenedRoutes opened(*theme_, file);
    QSignalSpy said(&opened.page(), &RoutesPage::said);
    const QByteArray ours = QByteArray(rules).replace("/two", "/ours"), theirs = QByteArray(rules) + "# theirs\n";
    opened.page().edit()->changeTo(QString::fromUtf8(ours));
    QVERIFY(file.write(theirs));
    QTRY_VERIFY(opened.page().changedOnDisk());
    QVERIFY(opened.says(u"changed on disk"_qs));
    QCOMPARE(opened.page().edit()->text().toUtf8(), ours);
    opened.page().save();
    QCOMPARE(said.size(), 1);
    QVERIFY(said[0][0].toString().contains(u"Not saved"));
    QCOMPARE(file.read(), theirs);
    opened.page().save();
    QCOMPARE(file.read(), ours);
    QVERIFY(!opened.page().changedOnDisk() && !opened.page().modified());
    QTRY_COMPARE(opened.session.reloads, 1);
}

void RoutesTest::unsavedEditsAreAskedAboutWhenTheWindowCloses()
{
    const File file;
    OpenedRoutes opened(*theme_, file);
    const QByteArray ours = QByteArray(rules) + "# ours\n";
    const auto ask = [&] {
        opened.window.close();
        return opened.window.findChild<QMessageBox *>();
    };
    QVERIFY(!opened.page().modified());
    opened.page().edit()->changeTo(QString::fromUtf8(ours));
    QMessageBox *box = ask();
    QVERIFY(box && opened.window.isVisible());
    box->button(QMessageBox::Cancel)->click();
    QTRY_VERIFY(!opened.window.findChild<QMessageBox *>());
    QVERIFY(opened.window.isVisible() && opened.page().modified());
    box = ask();
    QVERIFY(box);
    box->button(QMessageBox::Save)->click();
    QTRY_VERIFY(!opened.window.isVisible());
    QCOMPARE(file.read(), ours);
}

void RoutesTest::theEditorsKeysLeaveTheWindowsAlone()
{
    const File file;
    OpenedRoutes opened(*theme_, file);
    QTRY_VERIFY(opened.path()->isEnabled());
    opened.page().edit()->setFocus();
    QWidget *editor = QApplication::focusWidget();
    QVERIFY(editor);
    QTest::keyClick(editor, Qt::Key_F6);
    QVERIFY(opened.page().form()->isAncestorOf(QApplication::focusWidget()));
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_F6);
    QCOMPARE(QApplication::focusWidget(), editor);
    QTest::keyClick(editor, Qt::Key_Slash, Qt::ControlModifier);
    QTRY_VERIFY(QApplication::activeModalWidget());
    QApplication::activeModalWidget()->close();
}

void RoutesTest::anOvertakenAnswerIsNotShown()
{
    FakeSession session;
    session.holdQuestions = true;
    TryPanel panel(session, *theme_);
    panel.tryRequest(u"GET"_qs, u"/first"_qs);
    panel.tryRequest(u"GET"_qs, u"/second"_qs);
    QVERIFY(session.questions.size() >= 2);
    gateway::Explanation first, second;
    first.status = 404;
    second.status = 405;
    session.questions.back()(second);
    session.questions.front()(first);
    QVERIFY2(panel.outcomeText().contains(u"405"), qPrintable(panel.outcomeText()));
}

void RoutesTest::theAnswerOfWhatWasSentStays()
{
    const File file;
    OpenedRoutes opened(*theme_, file);
    opened.page().showTry();
    QLineEdit *target = nullptr;
    for (QLineEdit *each : opened.page().tryPanel()->findChildren<QLineEdit *>()) {
        if (each->accessibleName() == u"Path to try")
            target = each;
    }
    QVERIFY(target);
    QTest::keyClick(target, Qt::Key_Return);
    QTRY_VERIFY(opened.says(u"Sent"_qs) && !opened.says(u"Sending"_qs));
    QSignalSpy checked(&opened.page(), &RoutesPage::checked);
    opened.page().edit()->changeTo(QString::fromUtf8(rules) + u"# more\n"_qs);
    QTRY_COMPARE(checked.size(), 1);  // the text was explained anew
    QVERIFY(opened.says(u"Sent"_qs));
    target->setText(u"/other"_qs);
    QVERIFY(!opened.says(u"Sent"_qs));
}

QTEST_MAIN(RoutesTest)
#include "routes_test.moc"
