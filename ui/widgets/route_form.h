// SPDX-License-Identifier: GPL-3.0-or-later
// RouteForm: one route of the gateway file as fields. Each change is made in the file's text at once, and only there
// where it must be (engine/config/edit.h).
#pragma once

#include "engine/config/edit.h"
#include "engine/config/plan.h"
#include "ui/theme/theme.h"

#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QToolButton;

namespace sluice::ui {

class RouteForm : public QWidget {
    Q_OBJECT
public:
    explicit RouteForm(const Theme &theme, QWidget *parent = nullptr);

    // Null: the text has errors (`problems`). Those that came in by the form (`own`) are mended in it: its fields stay
    // as they were typed; for others it waits until they are mended in the text.
    void setPlan(config::PlanPtr plan, const Problems &problems, bool own);
    void setText(const std::string &text) { text_ = text; }
    // The route that stands at or before this line of the file.
    void chooseLine(int line);
    void chooseRoute(int index);
    int route() const;
    int line() const;  // of the file, where the route stands; 0: there is none
    // What is being typed in a field is put into the text.
    void commit();
    void focusRoutes();

Q_SIGNALS:
    void edited(const QString &text);  // the file as it shall be
    void routeChosen(int line);
    void refused(const QString &why);

private:
    void makeFields();
    void connectButtons();
    void fill();
    void apply(const config::RouteEdit &edit);
    void take(Result<std::string> text);
    void takeMove(Result<std::string> text, int wanted);
    int target() const;  // the index of the route in the text as it is, which may be ahead of the plan
    QLineEdit *field(const QString &name, const QString &hint, const std::function<void(const QString &)> &changed);
    void setEnabledAll(bool on);
    void restyle();

    const Theme &theme_;
    config::PlanPtr plan_;
    std::string text_;
    QComboBox *routes_, *service_;
    QLineEdit *name_, *path_, *hosts_, *methods_, *strip_, *rewrite_;
    QLabel *note_, *conditions_;
    QToolButton *add_, *up_, *down_;
    QPushButton *remove_;
    QWidget *fields_;
    bool filling_ = false;
    bool waiting_ = false;  // routes were moved; until the plan has them in their new order nothing else is moved
    bool broken_ = false;   // plan_ is of the text before the mistake
    int wanted_ = -1;       // the route to choose when the next plan comes
};

}  // namespace sluice::ui
