//! Every color and size of the editor, by name. Dark as a scoring stage: warm greys, one amber, one color per stem.
//! Source: taste; contrast after WCAG 2.2 (1.4.3, 1.4.11), held by the test below. In/out: constants, points.

use cuewright_engine::stem::STEM_COUNT;
use egui::{Color32, CornerRadius, FontFamily, FontId, Stroke, Style, TextStyle, Vec2, Visuals};

/// Behind everything.
pub const GROUND: Color32 = Color32::from_rgb(0x12, 0x13, 0x16);
/// Panels.
pub const PANEL: Color32 = Color32::from_rgb(0x1a, 0x1c, 0x21);
/// Every second row of the score.
pub const PANEL_ALTERNATE: Color32 = Color32::from_rgb(0x1e, 0x20, 0x26);
/// Buttons and fields at rest.
pub const RAISED: Color32 = Color32::from_rgb(0x28, 0x2b, 0x32);
/// Buttons and fields under the pointer.
pub const RAISED_HOVER: Color32 = Color32::from_rgb(0x35, 0x39, 0x42);
/// Grooves of sliders and meters.
pub const GROOVE: Color32 = Color32::from_rgb(0x0c, 0x0d, 0x0f);
/// Hairlines between things.
pub const LINE: Color32 = Color32::from_rgb(0x33, 0x36, 0x3f);
/// Stronger hairlines: bar lines at boundaries, borders of the pad.
pub const LINE_STRONG: Color32 = Color32::from_rgb(0x5a, 0x5e, 0x68);
/// Names and values.
pub const TEXT: Color32 = Color32::from_rgb(0xe9, 0xe5, 0xdc);
/// Captions and units.
pub const TEXT_DIM: Color32 = Color32::from_rgb(0xa6, 0xa4, 0x9d);
/// What is set by hand, what has the focus, what plays.
pub const ACCENT: Color32 = Color32::from_rgb(0xe8, 0xab, 0x5a);
/// Text on [`ACCENT`].
pub const ON_ACCENT: Color32 = Color32::from_rgb(0x1b, 0x14, 0x08);
/// Something was silenced or cut.
pub const WARNING: Color32 = Color32::from_rgb(0xf0, 0x84, 0x6c);
/// Text on [`WARNING`].
pub const ON_WARNING: Color32 = Color32::from_rgb(0x24, 0x0c, 0x07);
/// All is well.
pub const GOOD: Color32 = Color32::from_rgb(0x8f, 0xc2, 0x87);
/// Behind a notice.
pub const NOTICE: Color32 = Color32::from_rgb(0x36, 0x2a, 0x17);

/// One color per stem, in stem order, from the depth of the basses to the air of the ambience.
pub const STEM_COLORS: [Color32; STEM_COUNT] = [
    Color32::from_rgb(0x87, 0x95, 0xea),
    Color32::from_rgb(0x62, 0xb4, 0xd6),
    Color32::from_rgb(0xde, 0x94, 0x66),
    Color32::from_rgb(0x93, 0xc4, 0x70),
    Color32::from_rgb(0xf2, 0xc8, 0x66),
    Color32::from_rgb(0xec, 0x6e, 0x88),
    Color32::from_rgb(0xc4, 0xa6, 0x85),
    Color32::from_rgb(0xc2, 0x8c, 0xdb),
    Color32::from_rgb(0x86, 0xb5, 0xaa),
];

/// Space between panels and around the page.
pub const GAP: f32 = 10.0;
/// Rounding of panels and buttons.
pub const RADIUS: CornerRadius = CornerRadius::same(4);

/// Body text.
pub const BODY: FontId = FontId::new(13.0, FontFamily::Proportional);
/// Captions.
pub const SMALL: FontId = FontId::new(11.0, FontFamily::Proportional);
/// Headings.
pub const TITLE: FontId = FontId::new(16.0, FontFamily::Proportional);
/// The position and the chord.
pub const LARGE: FontId = FontId::new(20.0, FontFamily::Proportional);

/// Puts the theme on a context, once.
pub fn apply(context: &egui::Context) {
    context.set_theme(egui::Theme::Dark);
    context.all_styles_mut(|style| *style = house_style());
    context.options_mut(|options| options.zoom_with_keyboard = false);
    // A title or a notice may hold any letter of any script: a box is better than no editor.
    context.set_missing_glyph_policy(egui::epaint::text::MissingGlyphPolicy::Tofu);
}

fn house_style() -> Style {
    let mut style = Style { visuals: house_visuals(), animation_time: 0.12, ..Style::default() };
    style.text_styles = [
        (TextStyle::Small, SMALL),
        (TextStyle::Body, BODY),
        (TextStyle::Button, BODY),
        (TextStyle::Heading, TITLE),
        (TextStyle::Monospace, FontId::new(12.0, FontFamily::Monospace)),
    ]
    .into();
    style.spacing.item_spacing = Vec2::new(6.0, 4.0);
    style.spacing.button_padding = Vec2::new(8.0, 3.0);
    style.spacing.interact_size = Vec2::new(24.0, 24.0);
    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.5;
    style
}

fn house_visuals() -> Visuals {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = GROUND;
    visuals.window_fill = PANEL;
    visuals.window_stroke = Stroke::new(1.0, LINE);
    visuals.extreme_bg_color = GROOVE;
    visuals.faint_bg_color = PANEL_ALTERNATE;
    visuals.weak_text_color = Some(TEXT_DIM);
    visuals.hyperlink_color = ACCENT;
    visuals.warn_fg_color = ACCENT;
    visuals.error_fg_color = WARNING;
    visuals.selection.bg_fill = ACCENT;
    visuals.selection.stroke = Stroke::new(1.0, ON_ACCENT);
    visuals.menu_corner_radius = RADIUS;
    visuals.window_corner_radius = RADIUS;
    let widgets = &mut visuals.widgets;
    for (widget, fill, text) in [
        (&mut widgets.noninteractive, PANEL, TEXT),
        (&mut widgets.inactive, RAISED, TEXT),
        (&mut widgets.hovered, RAISED_HOVER, TEXT),
        (&mut widgets.active, RAISED_HOVER, ACCENT),
        (&mut widgets.open, RAISED_HOVER, TEXT),
    ] {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::NONE;
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.corner_radius = RADIUS;
        widget.expansion = 0.0;
    }
    visuals.widgets.noninteractive.bg_stroke = Stroke::new(1.0, LINE);
    visuals.widgets.active.bg_stroke = Stroke::new(1.0, ACCENT);
    visuals
}

/// Contrast of two opaque colors, 1..21 (WCAG 2.2, "contrast ratio").
pub fn contrast(one: Color32, other: Color32) -> f32 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Relative luminance of an opaque color, 0..1 (WCAG 2.2).
fn luminance(color: Color32) -> f32 {
    let linear = |byte: u8| {
        let level = f32::from(byte) / 255.0;
        if level <= 0.04045 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_readable_on_every_ground_it_stands_on() {
        assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
        let grounds = [GROUND, PANEL, PANEL_ALTERNATE, RAISED, GROOVE, NOTICE];
        let mut pairs = vec![(ON_ACCENT, ACCENT), (ON_WARNING, WARNING), (TEXT, RAISED_HOVER)];
        for ground in grounds {
            pairs.extend([TEXT, TEXT_DIM, ACCENT, WARNING, GOOD].map(|ink| (ink, ground)));
        }
        for (ink, ground) in pairs {
            let ratio = contrast(ink, ground);
            assert!(ratio >= 4.5, "{ink:?} on {ground:?}: {ratio:.2}");
        }
    }

    #[test]
    fn stems_are_told_from_the_page_and_from_each_other() {
        for (index, &color) in STEM_COLORS.iter().enumerate() {
            for ground in [GROUND, PANEL, PANEL_ALTERNATE, GROOVE] {
                assert!(contrast(color, ground) >= 4.5, "stem {index}");
            }
            for &other in &STEM_COLORS[..index] {
                let distance: i32 = (0..3)
                    .map(|c| (i32::from(color.to_array()[c]) - i32::from(other.to_array()[c])).abs())
                    .sum();
                assert!(distance >= 60, "stem {index} looks like another");
            }
        }
    }
}
