//! The composer's music as figures, held against the symbolic bounds of MUSIC 9, each with a control that must fail.
//! `cargo test -p cuewright-engine --test music -- --nocapture` prints the table.

mod corpus;
mod figures;
mod form;
mod harmony;
mod key;
mod latency;
mod leading;
mod melody;
mod meters;
mod motif;
mod rules;
mod sweep;

#[test]
fn sheet() {
    let Ok(spec) = std::env::var("CUEWRIGHT_SHEET") else { return };
    let parts: Vec<usize> = spec.split(' ').map(|x| x.parse().unwrap()).collect();
    let row = &corpus::MINDS[parts[0]];
    let cue = corpus::cue(parts[1] as u64, row.tempo_bpm, corpus::METERS[parts[2]], row.axes);
    println!("{}", cuewright_engine::compose::lead_sheet(&corpus::plan(&cue), 0..64));
    let piece = corpus::corpus()
        .iter()
        .find(|p| p.mind == parts[0] && p.seed == parts[1] as u64 && p.meter == corpus::METERS[parts[2]])
        .unwrap();
    for n in piece.melody() {
        let bar = piece.bar_at(n.onset);
        println!(
            "{} {:.2} {} {:.2} {}",
            bar + 1,
            n.onset - piece.frames[bar].bar.start,
            n.pitch,
            n.length,
            n.motif.map_or("-".into(), |m| format!("{} {}", m.statement, m.operator))
        );
    }
}
