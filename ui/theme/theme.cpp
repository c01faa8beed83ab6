// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme/theme.h"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QPainter>
#include <QPalette>
#include <QPixmapCache>
#include <QStyleFactory>
#include <QSvgRenderer>

#include <cmath>

static void loadResources()
{
    Q_INIT_RESOURCE(sluice);  // outside any namespace: the library is a static one
}

namespace sluice::ui {

namespace {

const Palette light{
    .window = 0xf4f6f9,
    .surface = 0xffffff,
    .sunken = 0xf7f8fb,
    .hover = 0xeef2f7,
    .border = 0xe2e6ec,
    .strong = 0x8b95a5,
    .text = 0x18202b,
    .muted = 0x566072,
    .accent = 0x0b63c5,
    .onAccent = 0xffffff,
    .selection = 0xdbe9fa,
    .good = 0x14713b,
    .warn = 0x8a4f00,
    .bad = 0xb3202a,
    .info = 0x1f5fa8,
    .goodGround = 0xe2f4e8,
    .warnGround = 0xfcefd8,
    .badGround = 0xfde6e6,
    .infoGround = 0xe4eefa,
    .key = 0x0b5394,
    .string = 0x1b6b3a,
    .number = 0x9a3f00,
    .comment = 0x647084,
    .marks = {0xb3202a, 0x9a5b00, 0x14713b, 0x0b63c5, 0x6b3fb8, 0x9b2d78},
    .series = {0x0b63c5, 0xc25a00, 0x6b3fb8, 0x14713b, 0xb3202a, 0x4b5668},
};

const Palette dark{
    .window = 0x12161c,
    .surface = 0x191e26,
    .sunken = 0x141920,
    .hover = 0x222934,
    .border = 0x3a4452,
    .strong = 0x6c7787,
    .text = 0xe5e9f0,
    .muted = 0x9ca7b8,
    .accent = 0x5caef8,
    .onAccent = 0x0a1522,
    .selection = 0x1d3854,
    .good = 0x66cf94,
    .warn = 0xe7b65f,
    .bad = 0xf58a8a,
    .info = 0x86bdf5,
    .goodGround = 0x173526,
    .warnGround = 0x3a2e15,
    .badGround = 0x432226,
    .infoGround = 0x1b2f48,
    .key = 0x86bdf5,
    .string = 0x8fd6a6,
    .number = 0xf0b07a,
    .comment = 0x8d98a9,
    .marks = {0xf58a8a, 0xe7b65f, 0x66cf94, 0x5caef8, 0xb99cf5, 0xec8fcb},
    .series = {0x5caef8, 0xf0a35c, 0xb99cf5, 0x66cf94, 0xf58a8a, 0xaab4c4},
};

QString firstOf(const QStringList &wanted, const QString &otherwise)
{
    const QStringList there = QFontDatabase::families();
    for (const QString &family : wanted) {
        if (there.contains(family))
            return family;
    }
    return otherwise;
}

}  // namespace

Theme::Theme(QApplication &application, Mode mode)
    : QObject(&application),
      application_(application),
      mode_(mode),
      uiFamily_(firstOf({u"Inter"_qs, u"Noto Sans"_qs, u"DejaVu Sans"_qs}, application.font().family())),
      monoFamily_(firstOf({u"JetBrains Mono"_qs, u"DejaVu Sans Mono"_qs},
                          QFontDatabase::systemFont(QFontDatabase::FixedFont).family()))
{
    loadResources();
    QApplication::setStyle(QStyleFactory::create(u"Fusion"_qs));
    apply();
}

const Palette &Theme::paletteOf(Mode mode)
{
    return mode == Mode::Dark ? dark : light;
}

void Theme::setMode(Mode mode)
{
    if (mode == mode_)
        return;
    mode_ = mode;
    apply();
    Q_EMIT changed();
}

QFont Theme::ui(int pixels, QFont::Weight weight) const
{
    QFont font(uiFamily_);
    font.setPixelSize(pixels);
    font.setWeight(weight);
    return font;
}

QFont Theme::mono(int pixels) const
{
    QFont font(monoFamily_);
    font.setPixelSize(pixels);
    font.setStyleHint(QFont::Monospace);
    font.setFixedPitch(true);
    font.setStyleStrategy(QFont::PreferNoShaping);  // no ligatures: ">=" is two bytes on the wire
    return font;
}

QPixmap Theme::pixmap(const QString &name, int size, const QColor &color, qreal ratio) const
{
    const QString key = QStringLiteral("sluice-%1-%2-%3-%4").arg(name).arg(size).arg(color.rgba()).arg(ratio);
    QPixmap pixmap;
    if (QPixmapCache::find(key, &pixmap))
        return pixmap;
    QFile file(u":/icons/"_qs + name + u".svg"_qs);
    pixmap = QPixmap(QSize(size, size) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    if (file.open(QIODevice::ReadOnly)) {
        QSvgRenderer renderer(file.readAll().replace("currentColor", color.name().toLatin1()));
        QPainter painter(&pixmap);
        renderer.render(&painter, QRectF(0, 0, size, size));
    }
    QPixmapCache::insert(key, pixmap);
    return pixmap;
}

QIcon Theme::icon(const QString &name, const QColor &color) const
{
    const QColor normal = color.isValid() ? color : colors().text;
    QIcon icon;
    for (const int size : {16, 20, 24}) {
        for (const qreal ratio : {1.0, 2.0}) {
            icon.addPixmap(pixmap(name, size, normal, ratio), QIcon::Normal);
            icon.addPixmap(pixmap(name, size, colors().strong, ratio), QIcon::Disabled);
        }
    }
    return icon;
}

void Theme::apply()
{
    const Palette &c = colors();
    QPalette p;
    p.setColor(QPalette::Window, c.window);
    p.setColor(QPalette::WindowText, c.text);
    p.setColor(QPalette::Base, c.surface);
    p.setColor(QPalette::AlternateBase, c.sunken);
    p.setColor(QPalette::Text, c.text);
    p.setColor(QPalette::PlaceholderText, c.muted);
    p.setColor(QPalette::Button, c.surface);
    p.setColor(QPalette::ButtonText, c.text);
    p.setColor(QPalette::BrightText, c.bad);
    p.setColor(QPalette::Highlight, c.selection);
    p.setColor(QPalette::HighlightedText, c.text);
    p.setColor(QPalette::ToolTipBase, c.surface);
    p.setColor(QPalette::ToolTipText, c.text);
    p.setColor(QPalette::Link, c.accent);
    p.setColor(QPalette::Light, c.surface);
    p.setColor(QPalette::Midlight, c.hover);
    p.setColor(QPalette::Mid, c.border);
    p.setColor(QPalette::Dark, c.strong);
    p.setColor(QPalette::Shadow, c.border);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, c.strong);
    QApplication::setPalette(p);
    QApplication::setFont(ui());
    application_.setStyleSheet(styleSheet());
    // After the style sheet, which forgets them.
    for (const char *wire :
         {"QPlainTextEdit", "sluice::ui::WireLabel", "sluice::ui::WireLine", "sluice::ui::WireCombo"})
        QApplication::setFont(mono(), wire);
}

QString Theme::styleSheet() const
{
    QFile file(u":/themes/sluice.qss"_qs);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const Palette &c = colors();
    QString sheet = QString::fromUtf8(file.readAll());
    const std::pair<const char *, QColor> names[] = {{"@window", c.window},
                                                     {"@surface", c.surface},
                                                     {"@sunken", c.sunken},
                                                     {"@hover", c.hover},
                                                     {"@border", c.border},
                                                     {"@strong", c.strong},
                                                     {"@text", c.text},
                                                     {"@muted", c.muted},
                                                     {"@onAccent", c.onAccent},
                                                     {"@accent", c.accent},
                                                     {"@selection", c.selection},
                                                     {"@goodGround", c.goodGround},
                                                     {"@warnGround", c.warnGround},
                                                     {"@badGround", c.badGround},
                                                     {"@infoGround", c.infoGround},
                                                     {"@good", c.good},
                                                     {"@warn", c.warn},
                                                     {"@bad", c.bad},
                                                     {"@info", c.info}};
    for (const auto &[name, color] : names)
        sheet.replace(QLatin1String(name), color.name());
    return sheet;
}

double contrast(const QColor &a, const QColor &b)
{
    const auto luminance = [](const QColor &color) {
        const auto linear = [](double v) { return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4); };
        return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
    };
    const double first = luminance(a), second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

}  // namespace sluice::ui
