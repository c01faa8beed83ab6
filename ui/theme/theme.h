// SPDX-License-Identifier: GPL-3.0-or-later
// Theme: every colour, font and distance of the window. Two palettes, light and dark; each pair of text and ground
// keeps a contrast of at least 4.5:1 (tests/ui holds them to it). The window's thread.
#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <QString>

class QApplication;

namespace sluice::ui {

struct Palette {
    QColor window, surface, sunken, hover;  // grounds: behind panels, of panels, of fields and code, under the mouse
    QColor border, strong;                  // hair lines; outlines of controls (3:1)
    QColor text, muted;                     // words; words of less weight
    QColor accent, onAccent, selection;     // the one accent; text on it; the ground of selected rows
    QColor good, warn, bad, info;           // words and glyphs of these meanings
    QColor goodGround, warnGround, badGround, infoGround;  // the pills below them
    QColor key, string, number, comment;                   // of highlighted text
    QColor marks[6];                                       // 1 to 6, each shown with its digit
    QColor series[6];                                      // lines of a chart
};

enum class Mode { Light, Dark };

// Distances: multiples of 4.
namespace space {
constexpr int xs = 4, s = 8, m = 12, l = 16, xl = 24;
constexpr int row = 28;  // of a list
constexpr int radius = 6;
}  // namespace space

class Theme : public QObject {
    Q_OBJECT
public:
    explicit Theme(QApplication &application, Mode mode);
    static const Palette &paletteOf(Mode);

    Mode mode() const { return mode_; }
    const Palette &colors() const { return paletteOf(mode_); }
    // Restyles the whole application.
    void setMode(Mode);

    // A line icon of resources/icons in this colour.
    QIcon icon(const QString &name, const QColor &color = {}) const;
    QPixmap pixmap(const QString &name, int size, const QColor &color, qreal ratio) const;

    QFont ui(int pixels = 13, QFont::Weight weight = QFont::Normal) const;
    QFont mono(int pixels = 12) const;

Q_SIGNALS:
    void changed();

private:
    void apply();
    QString styleSheet() const;
    QApplication &application_;
    Mode mode_;
    QString uiFamily_, monoFamily_;
};

// Relative luminance contrast of WCAG 2, 1 to 21.
double contrast(const QColor &, const QColor &);

}  // namespace sluice::ui
