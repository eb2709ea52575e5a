// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// What the four tokens share: balances, and one way to move them.
abstract contract Balances {
    event Transfer(address indexed from, address indexed to, uint256 value);

    mapping(address => uint256) public balanceOf;

    constructor(uint256 supply) {
        balanceOf[msg.sender] = supply;
        emit Transfer(address(0), msg.sender, supply);
    }

    function move(address from, address to, uint256 value) internal {
        require(balanceOf[from] >= value, "balance too low");
        unchecked {
            balanceOf[from] -= value;
            balanceOf[to] += value;
        }
        emit Transfer(from, to, value);
    }

    /// Many transfers in one transaction, each with a log of its own.
    function transferAll(address[] calldata to, uint256 value) external {
        for (uint256 i = 0; i < to.length; i++) {
            move(msg.sender, to[i], value);
        }
    }
}

/// As the standard says.
contract NormalToken is Balances {
    bool public paused;

    constructor(uint256 supply) Balances(supply) {}

    function pause(bool paused_) external {
        paused = paused_;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        require(!paused, "paused");
        move(msg.sender, to, value);
        return true;
    }
}

/// `transfer` returns nothing, as USDT on Ethereum.
contract SilentToken is Balances {
    constructor(uint256 supply) Balances(supply) {}

    function transfer(address to, uint256 value) external {
        move(msg.sender, to, value);
    }
}

/// `transfer` returns false, and moves nothing, where others revert.
contract FalseToken is Balances {
    bool public closed;

    constructor(uint256 supply) Balances(supply) {}

    function close(bool closed_) external {
        closed = closed_;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        if (closed || balanceOf[msg.sender] < value) {
            return false;
        }
        move(msg.sender, to, value);
        return true;
    }
}

/// Keeps one percent of whatever is moved.
contract FeeToken is Balances {
    constructor(uint256 supply) Balances(supply) {}

    function transfer(address to, uint256 value) external returns (bool) {
        uint256 fee = value / 100;
        move(msg.sender, to, value - fee);
        move(msg.sender, address(this), fee);
        return true;
    }
}
