//! What the store tells whoever looks after the server.

use crate::common::World;
use crate::common::computer::Computer;
use recovery_server::storage::{Direction, PairingState};

#[tokio::test]
async fn letters_and_open_pairings_are_counted() {
    let (mut world, _) = World::with_jana().await;
    let figures = async |world: &World| {
        use recovery_server::Clock as _;
        world.app.storage().figures(world.clock.now()).await.unwrap()
    };
    let storage = world.app.storage();
    assert_eq!(storage.version().await.unwrap(), storage.newest());
    let none = figures(&world).await;
    assert_eq!((none.mail_waiting, none.oldest_mail.is_none(), none.pairings.len()), (0, true, 0));

    world.start("jana").await;
    let first = figures(&world).await;
    world.start("nobody").await;
    let both = figures(&world).await;
    assert_eq!((first.mail_waiting, both.mail_waiting), (1, 2));
    assert!(first.oldest_mail.is_some() && both.oldest_mail == first.oldest_mail);

    let computer = Computer::new(1);
    let asked = [computer.ask(&world).await, computer.ask(&world).await];
    computer.cancel(&world, &asked[0].device_code).await;
    let open = figures(&world).await;
    assert_eq!(open.open(Direction::Computer, PairingState::Pending), 1);
    assert_eq!(open.open(Direction::Phone, PairingState::Pending), 0);
    world.clock.advance(301);
    assert_eq!(figures(&world).await.open(Direction::Computer, PairingState::Pending), 0);
    world.mailed_code().await;
    assert_eq!(figures(&world).await.mail_waiting, 0);
}
