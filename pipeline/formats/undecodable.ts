/** A record that is not what its schema says. The message names fields and places, never values. */
export class Undecodable extends Error {
  override readonly name = "Undecodable";
}
